"""The face on the network: REST and WebSocket under one address, and the files of the web page.

Runs in a process of its own beside the desk and knows it only by its socket. Knows HTTP, who may
ask what, and the requests and views of control; decides nothing about trading.
"""
