//! Bytes over a socket, for answers that no HTTP client would let pass.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{Server, within};

/// Sends a request that is the last on its connection and reads until the server closes it.
pub(crate) async fn exchange(server: &Server, request_line: &str) -> Vec<u8> {
    let address = server.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).await.expect("connected");
    let request = format!("{request_line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // A reset ends the answer as well as an orderly end does.
    let (_, _) = within("the connection closes", stream.read_to_end(&mut answer)).await;
    answer
}
