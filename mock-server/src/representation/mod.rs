//! What a client is sent of an object: ranges and conditional requests (RFC 9110). Free of I/O.
