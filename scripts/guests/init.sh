#!/bin/busybox sh
# The first process of Posada's ready-made guests: mounts what Linux needs, then hands over to BusyBox init, which
# keeps a shell on the screen and one on the first serial line, each the leader of its own session (job control), and
# makes `poweroff` and `reboot` orderly.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmp /tmp
hostname posada

# The power button: the kernel's driver and its event device are modules.
for module in button evdev; do modprobe "$module" 2>/dev/null; done

# Under Xen the console of a paravirtual domain is its own device; elsewhere it is not there.
[ -e /sys/class/tty/hvc0 ] && echo 'hvc0::respawn:-/bin/sh' >>/etc/inittab

exec init
