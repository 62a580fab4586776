"""One router per noun; each only names what is asked and hands it to `service.programs`."""
