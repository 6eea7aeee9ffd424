"""One look at a desk, drawn: lines of text that fit a width and a height.

Knows how to draw a ScreenView and nothing else: no desk, no clock, no terminal. Meaning never
stands on colour alone: signs, words and glyphs say it too. Blue and orange differ for everybody.
"""
