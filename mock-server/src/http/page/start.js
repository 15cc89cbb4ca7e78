"use strict";

// Shows the API as this server documents it. Behind an API token, the document is asked for with the token that the form
// takes, and what is tried on the page is sent with it too; it is kept nowhere else.
const form = document.getElementById("token");
const api = document.getElementById("api");

async function show(token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch("openapi.json", { headers });
  form.hidden = answer.status !== 401;
  if (!answer.ok) {
    api.textContent = `openapi.json: ${answer.status} ${(await answer.json()).detail}`;
    return;
  }
  SwaggerUIBundle({
    spec: await answer.json(),
    domNode: api,
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    validatorUrl: null,
    requestInterceptor(request) {
      if (token) request.headers.authorization ??= `Bearer ${token}`;
      return request;
    },
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(form.querySelector("input").value);
});
show("");
