"""Facts: open tables, the engines that read them, and who may see which rows."""
