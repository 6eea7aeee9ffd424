"""How outsiders speak: all translation and all I/O. It decides nothing and knows no runtime."""
