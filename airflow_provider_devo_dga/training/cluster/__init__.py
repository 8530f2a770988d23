"""An H2O cluster: its process, its address, the connection and what it keeps."""
