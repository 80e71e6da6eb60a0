"""The socket's methods, a file a subject; `runtime.main` puts their tables together."""
