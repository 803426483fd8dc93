"""An application that uses Polars when it is loaded, and for each request."""
import frame

frame.use_before_fork()


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(frame.count()).encode()]
