"""Events that come in: syslog and HTTP."""
