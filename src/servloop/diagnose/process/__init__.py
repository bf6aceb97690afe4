"""What a process really is and where its time goes: pure functions on an integer-coded event log.

Start with `event_log.EventLog.from_frame`; every other module is one question to the log. A function takes
the log and parameters and returns a frozen `servloop.results.Result`.
"""
