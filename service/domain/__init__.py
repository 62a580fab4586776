"""Pure: no input, no output, no clock. Values in, values out."""
