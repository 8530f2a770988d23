"""Read from Devo: requests, headers and reply decoding without I/O, and two drivers that own the sockets."""
