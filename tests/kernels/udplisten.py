#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# udplisten.py PORT SECONDS FILE: netconsole packets, as they come, into a file
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
end = time.time() + float(sys.argv[2])
with open(sys.argv[3], "wb") as f:
    while (left := end - time.time()) > 0:
        s.settimeout(left)
        try:
            f.write(s.recv(65536))
            f.flush()
        except TimeoutError:
            break
