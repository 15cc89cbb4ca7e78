//! A server run as a child process: started, watched, stopped.
