#!/bin/sh
# Makes a disk of 2 GB with a Debian that debootstrap installs, as other programs would make one, in the formats of other
# hypervisors: debian.qcow2, .vmdk, .vdi, .vhd, .vhdx and .ova. Needs root, for debootstrap runs packages' scripts.
#   debian-disk.sh FOLDER MIRROR SUITE
# The system logs root in on the first serial line. A package that it does not have lies in /root/hello.deb.
set -eu
folder=$1 mirror=$2 suite=$3
root=$folder/root disk=$folder/debian.img
rm -rf "$root" "$folder"/debian.*
trap 'rm -rf "$root" "$disk" "$folder"/*.tmp' EXIT

debootstrap --variant=minbase \
  --include=systemd-sysv,udev,kmod,login,e2fsprogs,initramfs-tools,zstd,linux-image-cloud-amd64 \
  "$suite" "$root" "$mirror"
# What only makes the image larger.
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/locale/*

echo debian >"$root/etc/hostname"
echo '/dev/sda1 / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
chroot "$root" passwd -d root
mkdir -p "$root/etc/systemd/system/serial-getty@ttyS0.service.d"
cat >"$root/etc/systemd/system/serial-getty@ttyS0.service.d/autologin.conf" <<'END'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --keep-baud 115200,38400 %I vt220
END
# On a slow machine a start takes its time; nothing is to be given up for that.
mkdir -p "$root/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultTimeoutStartSec=30min\nDefaultDeviceTimeoutSec=30min\n' >"$root/etc/systemd/system.conf.d/patience.conf"
chroot "$root" systemctl disable apt-daily.timer apt-daily-upgrade.timer
# An initial RAM disk with the drivers of this board only, as the installer makes them on request.
sed -i 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
printf 'ata_piix\nsd_mod\next4\n' >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u
(cd "$root/root" && apt-get -q download hello && mv hello_*.deb hello.deb)

mkdir -p "$root/boot/grub"
cat >"$root/boot/grub/grub.cfg" <<'END'
linux /vmlinuz root=/dev/sda1 ro console=ttyS0 mitigations=off cryptomgr.notests
initrd /initrd.img
boot
END

# One partition from 1 MiB on; GRUB in the MBR and the sectors behind it. Its images find each other there as they are.
truncate -s 2G "$disk"
mke2fs -q -F -t ext4 -L debian -E offset=1048576 -d "$root" "$disk" 2096128k
grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o "$folder/core.tmp" \
  biosdisk part_msdos ext2 normal configfile linux boot
dd if=/usr/lib/grub/i386-pc/boot.img of="$disk" bs=440 count=1 conv=notrunc status=none
dd if="$folder/core.tmp" of="$disk" bs=512 seek=1 conv=notrunc status=none
echo '2048,,83,*' | sfdisk -q "$disk"

convert() { qemu-img convert -O "$1" ${3:+-o "$3"} "$disk" "$folder/$2"; }
convert qcow2 debian.qcow2
convert vmdk debian.vmdk
convert vdi debian.vdi
convert vpc debian.vhd force_size=on
convert vhdx debian.vhdx
convert vmdk debian-disk.vmdk subformat=streamOptimized
bytes=$(stat -c %s "$folder/debian-disk.vmdk")
cat >"$folder/debian.ovf" <<END
<?xml version="1.0"?>
<Envelope ovf:version="1.0" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
  <References><File ovf:id="file1" ovf:href="debian-disk.vmdk" ovf:size="$bytes"/></References>
  <DiskSection><Info>Disks</Info><Disk ovf:diskId="disk1" ovf:fileRef="file1" ovf:capacity="2147483648"
    ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/></DiskSection>
  <VirtualSystem ovf:id="Debian"><Info>A machine</Info><Name>Debian</Name>
    <OperatingSystemSection ovf:id="96"><Info>Debian 64-bit</Info></OperatingSystemSection>
    <VirtualHardwareSection><Info>Hardware</Info>
      <Item><rasd:ElementName>1 CPU</rasd:ElementName><rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>1</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ElementName>256 MB</rasd:ElementName>
        <rasd:InstanceID>2</rasd:InstanceID><rasd:ResourceType>4</rasd:ResourceType>
        <rasd:VirtualQuantity>256</rasd:VirtualQuantity></Item>
      <Item><rasd:Address>0</rasd:Address><rasd:ElementName>IDE</rasd:ElementName><rasd:InstanceID>3</rasd:InstanceID>
        <rasd:ResourceType>5</rasd:ResourceType></Item>
      <Item><rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ElementName>Disk</rasd:ElementName>
        <rasd:HostResource>ovf:/disk/disk1</rasd:HostResource><rasd:InstanceID>4</rasd:InstanceID>
        <rasd:Parent>3</rasd:Parent><rasd:ResourceType>17</rasd:ResourceType></Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
END
(cd "$folder" && for file in debian.ovf debian-disk.vmdk; do echo "SHA256($file)= $(sha256sum "$file" | cut -d' ' -f1)"; done >debian.mf &&
  tar --format=ustar -cf debian.ova debian.ovf debian.mf debian-disk.vmdk && rm debian.ovf debian.mf debian-disk.vmdk)
ls -l "$folder"
