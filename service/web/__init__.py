"""Pages for people: server-rendered, no script, nothing fetched from elsewhere."""
