"""An application that imports the eager library, and uses it."""
import frames
import eager_frames


def application(environment, start_response):
    count = int(environment["QUERY_STRING"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(frames.sum_below(count)).encode()]
