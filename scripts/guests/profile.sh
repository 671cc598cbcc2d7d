# Read by each shell that init starts, on the screen and on the serial line.
export PATH=/bin HOME=/root TERM="${TERM:-linux}" PS1='posada:\w\$ '
cd /root
echo
echo "Posada: $(uname -sr) on $(uname -m), $(nproc) processor(s), $(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB"
echo "BusyBox shell. 'disks' finds disks and CDs; 'poweroff' ends the machine."
echo
