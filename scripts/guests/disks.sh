#!/bin/sh
# Loads the drivers for disks, CDs and their file systems, then says what is there.
for module in ata_piix sd_mod sr_mod floppy virtio_pci virtio_blk isofs nls_cp437 nls_ascii nls_iso8859-1 vfat; do
  modprobe "$module" 2>/dev/null
done
sleep 1
cat /proc/partitions
