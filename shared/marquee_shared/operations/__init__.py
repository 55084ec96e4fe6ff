"""What operators see and do in every service: jobs, the schedule, what waits.

`create_app` mounts the routes under `/v1/operations/<service>`; administrators alone may call
them. A run of a scheduled task is a job like any other, so it is listed, fails and is tried
again like one.
"""
