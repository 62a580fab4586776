"""The Jira connector, for Cloud and for Data Center."""
