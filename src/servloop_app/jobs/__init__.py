"""Jobs: background runs with progress, retries and schedules; knows no business."""
