"""The HTTP edge: app factory, problem details, sessions, OpenAPI, the intake gate and the event stream."""
