"""What our code says in the context to code of ours further down.

A client chooses the context of what it calls: it can send numbers, texts, lists and dicts under any
key, but no tuple. So a mark is a tuple, and it counts where it is this very one.
"""

# a rule has chosen the stage, the needs were checked, or nobody is there to fill anything in
NEEDS_SETTLED = ("settled",)
# the reason of a declined lead comes in the next save
REASON_FOLLOWS = ("follows",)
# the order is confirmed by core's way, which wins its lead
ORDER_CONFIRMING = ("confirming",)
# a machine has written the mail, such as the note of somebody on holiday
MACHINE_WROTE = ("machine",)
