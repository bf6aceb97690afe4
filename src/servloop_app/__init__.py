"""ServLoop, the platform: people, work, jobs, pages and API around the library."""
