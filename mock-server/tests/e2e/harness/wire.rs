//! Bytes over a socket, for answers that no HTTP client would let pass.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::{
    Server,
    contract::{self, Observed},
    within,
};

/// Sends a request that is the last on its connection, with a body of JSON unless it is empty, and reads until the server
/// closes it.
pub(crate) async fn exchange(server: &Server, request_line: &str, json: &str) -> Vec<u8> {
    let address = server.address();
    let mut stream = TcpStream::connect(&address).await.expect("connected");
    let content = if json.is_empty() {
        String::new()
    } else {
        format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            json.len()
        )
    };
    let request =
        format!("{request_line} HTTP/1.1\r\nhost: {address}\r\n{content}connection: close\r\n\r\n{json}");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // A reset ends the answer as well as an orderly end does.
    let (_, _) = within("the connection closes", stream.read_to_end(&mut answer)).await;
    hold(request_line, &answer);
    answer
}

/// A connection whose client's side takes little on its own.
pub(crate) async fn narrow(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 << 10).expect("a small buffer");
    let to = server.address().parse().expect("an address");
    socket.connect(to).await.expect("connected")
}

/// The body of the next answer, which is so long, and no byte more; `came` has what was read of the answer already.
pub(crate) async fn body_of(stream: &mut TcpStream, mut came: Vec<u8>, len: usize) -> Vec<u8> {
    let reading = async {
        loop {
            if let Some(head) = came.windows(4).take(4096).position(|four| four == b"\r\n\r\n")
                && came.len() >= head + 4 + len
            {
                assert_eq!(came.len(), head + 4 + len, "more than the answer");
                return came.split_off(head + 4);
            }
            assert_ne!(stream.read_buf(&mut came).await.expect("read"), 0, "an end");
        }
    };
    within("the answer is there", reading).await.0
}

/// What came of a request, read off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    /// The head, in lower case.
    head: String,
    pub(crate) body: Vec<u8>,
}

impl RawAnswer {
    /// `None` when the connection was closed without a byte.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end])
            .expect("ASCII")
            .to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Some(Self {
            status: status.expect("a status"),
            head,
            body: bytes[end + 4..].to_vec(),
        })
    }

    /// A header's value; empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .into_iter()
            .find(|(field, _)| *field == name)
            .map_or("", |(_, value)| value)
    }

    /// The length that the head announces.
    pub(crate) fn announced(&self) -> usize {
        self.header("content-length").parse().expect("a length")
    }
}

/// Holds an answer whose head came whole to the document.
#[track_caller]
fn hold(request_line: &str, answer: &[u8]) {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return;
    };
    let head = std::str::from_utf8(&answer[..end]).expect("ASCII");
    let (status_line, fields) = head.split_once("\r\n").unwrap_or((head, ""));
    let fields = fields.lines().map(|line| {
        let (name, value) = line.split_once(": ").expect("a field");
        (
            name.parse::<HeaderName>().expect("a name"),
            value.parse::<HeaderValue>().expect("a value"),
        )
    });
    let (method, path) = request_line.split_once(' ').expect("a method and a path");
    contract::hold(&Observed {
        method,
        path,
        status: status_line
            .split(' ')
            .nth(1)
            .expect("a status")
            .parse()
            .expect("a number"),
        headers: &fields.collect::<HeaderMap>(),
        body: &answer[end + 4..],
    });
}
