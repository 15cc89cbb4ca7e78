# Built by `make image` around a static binary, in a context that holds nothing else.
FROM scratch
COPY mock-server /mock-server
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/mock-server", "healthcheck"]
ENTRYPOINT ["/mock-server"]
CMD ["serve", "--listen", "0.0.0.0:8000"]
