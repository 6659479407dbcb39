"""Joins two network namespaces by a TUN device in each, and loses and delays packets between them: netem where a kernel has none.

Usage: relay.py NAMESPACE DEVICE NAMESPACE DEVICE LOSS_PERCENT DELAY_MS. Prints a line when the devices are there.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import sys
import time

CLONE_NEWNET, TUNSETIFF, IFF_TUN_NO_PI = 0x40000000, 0x400454CA, 0x1001


def tun(namespace, device):
    if ctypes.CDLL(None, use_errno=True).setns(os.open(f"/run/netns/{namespace}", os.O_RDONLY), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"setns {namespace}")
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN_NO_PI))
    return file


a, b = tun(*sys.argv[1:3]), tun(*sys.argv[3:5])
loss, delay = float(sys.argv[5]) / 100, float(sys.argv[6]) / 1000
print("ready", flush=True)
dice = random.Random(0)
waiting = collections.deque()  # (when, to, packet), in the order of time
while True:
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    for file in select.select([a, b], [], [], pause)[0]:
        packet = os.read(file, 65536)
        if dice.random() >= loss:
            waiting.append((time.monotonic() + delay, b if file == a else a, packet))
    while waiting and waiting[0][0] <= time.monotonic():
        _, to, packet = waiting.popleft()
        try:
            os.write(to, packet)
        except BlockingIOError:
            pass  # its queue is full: lost, as on a wire
