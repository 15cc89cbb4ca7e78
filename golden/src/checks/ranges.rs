//! Byte ranges, held against the full body.

use audio_api::JobId;
use audio_client::{Capability, Fetch, Reply};
use bytes::Bytes;
use http::{StatusCode, header};

use crate::suite::{Demand, Lane, Probe, ProofPart, Stop, TestSpec, ensure};

pub(super) const TESTS: &[TestSpec] = &[TestSpec {
    name: "range_bytes",
    lane: Lane::Together,
    proof: ProofPart::Runs,
    needs: &[Capability::Ranges],
    demand: |cases| Demand::of(cases, "test_2", 1),
    run: |probe| Box::pin(range_bytes(probe)),
}];

/// A file that can be fetched in parts.
enum File<'a> {
    Segment(&'a JobId, &'a audio_api::SegmentId),
    Merged(&'a JobId),
}

impl File<'_> {
    async fn fetch(&self, probe: &Probe<'_>, how: Fetch) -> Result<Reply, Stop> {
        let call = match self {
            Self::Segment(job, segment) => probe.client().segment(job, segment, how).await?,
            Self::Merged(job) => probe.client().merged(job, how).await?,
        };
        Ok(call.reply)
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Segment(..) => "segment",
            Self::Merged(_) => "merged",
        }
    }
}

async fn range_bytes(probe: &Probe<'_>) -> Result<(), Stop> {
    let audio = probe.fixed(probe.case("test_2")).await?;
    let job = &audio.manifest.job_id;
    let segment = File::Segment(job, &audio.manifest.segments[0].segment_id);
    check_file(probe, &segment, &audio.segment_files[0].body).await?;
    if probe.profile().can(Capability::Merged) {
        let full = probe.merged(job).await?.body;
        check_file(probe, &File::Merged(job), &full).await?;
    }
    Ok(())
}

async fn check_file(probe: &Probe<'_>, file: &File<'_>, full: &Bytes) -> Result<(), Stop> {
    let n = full.len();
    ensure!(
        n > 200,
        "the {} has {n} bytes, too few to take ranges of",
        file.name()
    );
    // (Range, first byte, one beyond the last), RFC 9110 §14.1.2
    let satisfiable = [
        ("bytes=0-0".to_owned(), 0, 1),
        ("bytes=0-99".to_owned(), 0, 100),
        ("bytes=100-199".to_owned(), 100, 200),
        (format!("bytes={}-", n - 10), n - 10, n),
        (format!("bytes={0}-{0}", n - 1), n - 1, n),
        (format!("bytes={}-{}", n - 5, n + 100), n - 5, n),
        ("bytes=-100".to_owned(), n - 100, n),
        (format!("bytes=-{}", n + 1_000), 0, n),
        ("bytes=0-".to_owned(), 0, n),
    ];
    for (range, first, end) in &satisfiable {
        let part = file.fetch(probe, Fetch::get().range(range)).await?;
        is_part(file, range, &part, (*first, *end, full))?;
    }
    probe.note(format!(
        "{} ranges of the {}'s {n} bytes",
        satisfiable.len(),
        file.name()
    ));
    beyond_the_end(probe, file, n).await?;
    ignored(probe, file, full).await?;
    conditional(probe, file, full).await
}

fn is_part(
    file: &File<'_>,
    range: &str,
    part: &Reply,
    (first, end, full): (usize, usize, &Bytes),
) -> Result<(), Stop> {
    let name = file.name();
    ensure!(
        part.status == StatusCode::PARTIAL_CONTENT,
        "{name} with {range}: {}, expected 206",
        part.status
    );
    let said = part.header(header::CONTENT_RANGE);
    let expected = format!("bytes {first}-{}/{}", end - 1, full.len());
    ensure!(
        said == Some(&expected),
        "{name} with {range}: Content-Range is {said:?}, expected {expected:?}"
    );
    ensure!(
        part.body == full[first..end],
        "{name} with {range}: {} bytes that are not the full body's bytes {first} to {}",
        part.body.len(),
        end - 1
    );
    Ok(())
}

async fn beyond_the_end(probe: &Probe<'_>, file: &File<'_>, n: usize) -> Result<(), Stop> {
    for range in [format!("bytes={n}-"), "bytes=-0".to_owned()] {
        let reply = file.fetch(probe, Fetch::get().range(&range)).await?;
        let name = file.name();
        ensure!(
            reply.status == StatusCode::RANGE_NOT_SATISFIABLE,
            "{name} with {range}: {}, expected 416",
            reply.status
        );
        let said = reply.header(header::CONTENT_RANGE);
        ensure!(
            said == Some(&format!("bytes */{n}")),
            "{name} with {range}: Content-Range of the 416 is {said:?}"
        );
    }
    Ok(())
}

/// What is no range of bytes gets the whole file (RFC 9110 §14.2), and so does HEAD.
async fn ignored(probe: &Probe<'_>, file: &File<'_>, full: &Bytes) -> Result<(), Stop> {
    let name = file.name();
    for range in ["lines=0-1", "bytes=abc", "bytes=9-5", "bytes=0-9;"] {
        let reply = file.fetch(probe, Fetch::get().range(range)).await?;
        ensure!(
            reply.status == StatusCode::OK && reply.body == *full,
            "{name} with {range}: {} with {} bytes, expected 200 with all {}",
            reply.status,
            reply.body.len(),
            full.len()
        );
    }
    let head = file.fetch(probe, Fetch::head().range("bytes=0-9")).await?;
    let length = head.header(header::CONTENT_LENGTH);
    ensure!(
        head.status == StatusCode::OK && length == Some(&full.len().to_string()),
        "HEAD on the {name} with a Range: {} and Content-Length {length:?}, expected 200 and {}",
        head.status,
        full.len()
    );
    Ok(())
}

/// A range only of the file that the client knows (RFC 9110 §13.1.5).
async fn conditional(probe: &Probe<'_>, file: &File<'_>, full: &Bytes) -> Result<(), Stop> {
    let name = file.name();
    let head = file.fetch(probe, Fetch::head()).await?;
    let Some(etag) = head.header(header::ETAG) else {
        return Err(Stop::Failed(format!("the {name} has no ETag")));
    };
    let ask = |tag: &str| Fetch::get().range("bytes=0-9").header(header::IF_RANGE, tag);
    let same = file.fetch(probe, ask(etag)).await?;
    is_part(file, "bytes=0-9 and a matching If-Range", &same, (0, 10, full))?;
    let other = file.fetch(probe, ask("\"another file\"")).await?;
    ensure!(
        other.status == StatusCode::OK && other.body == *full,
        "{name} with If-Range of another file: {}, expected 200 with the whole",
        other.status
    );
    Ok(())
}
