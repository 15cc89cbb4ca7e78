//! What holds for all bytes: how they are cut does not matter, and hyper reads the same.

use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::{collection::vec, prelude::*, sample::Index};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// What came of bytes after which the connection ended: status, content, and how many bytes belonged to it.
type Came = Result<(u16, Bytes, usize), Malformed>;

fn read<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Came {
    let mut headers = Headers::default();
    let mut reading = Reading::new((&Method::GET, Keep::UpTo(1 << 20)), &mut headers);
    let mut taken = 0;
    for piece in pieces {
        taken += piece.len();
        if let Progress::Whole { beyond } = reading.take(piece)? {
            taken -= beyond;
            break;
        }
    }
    reading.end()?;
    let read = reading.read().unwrap();
    Ok((read.status.as_u16(), read.body, taken))
}

/// `bytes` in pieces that end at these places.
fn cut<'b>(bytes: &'b [u8], places: &[Index]) -> Vec<&'b [u8]> {
    let mut places: Vec<_> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..40), vec(any::<u8>(), 200..2000)]
}

/// Content in chunks, with extensions and trailers.
fn chunks() -> impl Strategy<Value = Vec<u8>> {
    let chunk = (
        vec(any::<u8>(), 1..300),
        prop_oneof![Just(""), Just(";a=b"), Just(" ;x")],
    );
    let trailers = prop_oneof![Just(""), Just("x: 1\r\n"), Just("x: 1\r\ny: \r\n")];
    (vec(chunk, 0..5), trailers).prop_map(|(chunks, trailers)| {
        let mut bytes = Vec::new();
        for (data, extension) in chunks {
            bytes.extend(format!("{:x}{extension}\r\n", data.len()).into_bytes());
            bytes.extend(data);
            bytes.extend(b"\r\n");
        }
        bytes.extend(format!("0\r\n{trailers}\r\n").into_bytes());
        bytes
    })
}

/// A head with its content, most of them as they should be.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        6 => Just("HTTP/1.1 200 OK\r\n"),
        1 => Just("HTTP/1.1 206 \r\n"),
        1 => Just("HTTP/1.1 304 Not Modified\r\n"),
        1 => Just("HTTP/1.1 204 No Content\r\n"),
        1 => Just("HTTP/1.0 404 Not Found\r\n"),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 x\r\n"),
    ];
    let more = vec(
        prop_oneof![
            Just("x: y\r\n"),
            Just("Connection: close\r\n"),
            Just("connection: keep-alive\r\n"),
            Just("Retry-After: 3\r\n"),
            Just("content-length: 5\r\n"),
        ],
        0..3,
    );
    let framed = prop_oneof![
        3 => content().prop_map(|body| {
            [format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes(), body].concat()
        }),
        3 => chunks().prop_map(|body| [b"transfer-encoding: chunked\r\n\r\n".to_vec(), body].concat()),
        1 => content().prop_map(|body| [b"\r\n".to_vec(), body].concat()),
        1 => Just(b"content-length: 2, 2\r\n\r\nab".to_vec()),
        1 => Just(b"content-length: 2, 3\r\n\r\nab".to_vec()),
    ];
    (line, more, framed)
        .prop_map(|(line, more, framed)| [line.as_bytes(), more.concat().as_bytes(), &framed].concat())
}

/// The same with something wrong: cut off, a byte changed, or one too many.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), Just(b'0'), any::<u8>()];
    (answer(), any::<Index>(), byte, 0..3).prop_map(|(mut answer, place, byte, how)| {
        let place = place.index(answer.len());
        match how {
            0 => answer.truncate(place),
            1 => answer[place] = byte,
            _ => answer.insert(place, byte),
        }
        answer
    })
}

/// What hyper makes of it.
fn by_hyper(bytes: &[u8]) -> Option<(u16, Bytes)> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mine, mut peer) = tokio::io::duplex(1 << 20);
        let (mut sender, connection) = http1::handshake(TokioIo::new(mine)).await.ok()?;
        let connection = async {
            // How it ends is seen by the one who reads.
            let _ = connection.await;
            std::future::pending::<()>().await;
        };
        let exchange = async {
            let request = http::Request::get("/").body(Empty::<Bytes>::new()).unwrap();
            let asked = sender.send_request(request);
            let answered = async {
                // What comes before the request would be no answer to it.
                peer.read_u8().await.unwrap();
                peer.write_all(bytes).await.unwrap();
                peer.shutdown().await.unwrap();
            };
            let (answer, ()) = tokio::join!(asked, answered);
            let answer = answer.ok()?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.ok()?.to_bytes();
            Some((status, body))
        };
        tokio::select! {
            biased;
            came = exchange => came,
            () = connection => None,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_answer_is_read_however_the_bytes_are_cut(
        bytes in prop_oneof![answer(), damaged()],
        places in vec(any::<Index>(), 0..12),
    ) {
        let whole = read([&bytes[..]]);
        prop_assert_eq!(&read(cut(&bytes, &places)), &whole);
        prop_assert_eq!(&read(bytes.chunks(1)), &whole);
    }

    #[test]
    fn no_bytes_at_all_break_the_reader(bytes in vec(any::<u8>(), 0..200), places in vec(any::<Index>(), 0..4)) {
        let begun = [b"HTTP/1.1 200 OK\r\n".to_vec(), bytes].concat();
        prop_assert_eq!(read(cut(&begun, &places)).ok(), read([&begun[..]]).ok());
    }

    #[test]
    fn what_hyper_reads_is_read_and_what_it_refuses_is_refused(bytes in prop_oneof![answer(), damaged()]) {
        let came = read([&bytes[..]]);
        // It takes codings that nobody asked for as content, and some of these line feeds for the end.
        prop_assume!(!matches!(came, Err(Malformed::TransferEncoding | Malformed::LineFeed)));
        let came = came.ok().map(|(status, body, _)| (status, body));
        prop_assert_eq!(came, by_hyper(&bytes), "{}", bytes.escape_ascii());
    }
}
