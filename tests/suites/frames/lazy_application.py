"""An application that uses the library, but not before the first request."""
import frames


def application(environment, start_response):
    count = int(environment["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(frames.sum_below(count)).encode()]
