"""Monitor: control charts, anomalies, forecasts, working calendars."""
