"""Our orders: their life, and the exits that guard what they opened.

It accepts only what the gate approved and says what is to be sent; it never decides whether.
"""
