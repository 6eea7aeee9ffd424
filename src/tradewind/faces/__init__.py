"""How people and programs reach a desk. Each face only translates to and from control.

A face knows control and the model; it must not know other faces, the core, or any store.
"""
