#!/usr/bin/env bash
# Runs a command on an emulated machine that has real V4L2 loopback cameras, for a machine that has none.
#
#   tests/vcam_vm.sh [-n CAMERAS] [-m MEMORY_MB] [-t SECONDS] [-x] -- COMMAND [ARG ...]
#
# The guest runs Debian's kernel with the v4l2loopback driver and sees this machine's whole file system, read-only, so COMMAND
# may use any virtual environment. It runs as root in the current folder, without a network; TMPDIR and HOME are in memory.
# /dev/video0 ... are the cameras; every one can be written and read at any time, or, with -x, be seen as a camera only while
# somebody writes (exclusive_caps=1, as the README tells users to load it). What COMMAND prints comes back on stdout, and its
# exit status is this script's; 124 means that it did not end in time.
#
# The processor is emulated in software (no KVM needed), 10 to 30 times slower than a real one: use small pictures.
# The first run fetches a kernel and builds the driver into ${XDG_CACHE_HOME:-~/.cache}/posecast-vm; no root is needed.
# Debian: qemu-system-x86 busybox-static cpio kmod make gcc
set -euo pipefail

cameras=1 memory_mb=2048 limit_s=300 exclusive=0
while getopts "n:m:t:x" option; do
  case $option in
    n) cameras=$OPTARG ;;
    m) memory_mb=$OPTARG ;;
    t) limit_s=$OPTARG ;;
    x) exclusive=1 ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [[ $# -eq 0 ]]; then
  sed -n '4p' "$0" >&2
  exit 2
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/posecast-vm

fetch() { # every package into one tree, none installed
  local release=$1 common kbuild package
  common=$(apt-cache depends "linux-headers-$release" | awk '/Depends: linux-headers-/ {print $2}')
  kbuild=$(apt-cache depends "linux-headers-$release" | awk '/Depends: linux-kbuild-/ {print $2}')
  apt-get download -q "linux-image-$release" "linux-headers-$release" "$common" "$kbuild" v4l2loopback-dkms
  for package in *.deb; do dpkg -x "$package" tree; done
  # The headers name their other half by its place in an installed system.
  sed -i "s#/usr/src/#$PWD/tree/usr/src/#" "tree/usr/src/linux-headers-$release/Makefile"
}

build() {
  local release
  release=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ {sub("linux-image-", "", $2); print $2; exit}')
  [[ -n $release ]] || { echo "vcam_vm: no package linux-image-amd64; run apt-get update" >&2; return 1; }
  fetch "$release"
  make -C "tree/usr/src/linux-headers-$release" M="$(echo "$PWD"/tree/usr/src/v4l2loopback-*)" modules
  mkdir -p root/{bin,modules,host,proc,sys,dev}
  cp "$(command -v busybox)" root/bin/
  depmod -b tree "$release"
  # What a guest needs to reach the host's files, and the video core under the loopback driver, in the order to load it.
  for module in virtio_pci 9pnet_virtio 9p videodev; do
    modprobe -d tree -S "$release" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' >order
  local number=10 path
  while read -r path; do cp "$path" "root/modules/$((number++)).ko"; done <order
  cp tree/usr/src/v4l2loopback-*/v4l2loopback.ko root/
  cp "tree/boot/vmlinuz-$release" vmlinuz
  rm -rf tree ./*.deb order
}

mkdir -p "$cache"
(
  flock 9 # two tests at once build it once
  if [[ ! -e $cache/2/vmlinuz ]]; then
    rm -rf "$cache/new"
    mkdir "$cache/new"
    (cd "$cache/new" && build) >"$cache/build.log" 2>&1 || { tail -20 "$cache/build.log" >&2; exit 125; }
    rm -rf "$cache/2" && mv "$cache/new" "$cache/2"
  fi
) 9>"$cache/lock"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$cache/2/root" "$work/root"
{
  printf 'cd %q || exit 126\n' "$PWD"
  printf 'export HOME=/dev/shm TMPDIR=/dev/shm PATH=%q\n' "$PATH"
  printf '%q ' "$@"
} >"$work/root/command"
each() { yes "$1" | head -n "$cameras" | paste -sd,; }
cat >"$work/root/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod \$module; done
insmod /v4l2loopback.ko devices=$cameras video_nr=$(seq -s, 0 $((cameras - 1))) exclusive_caps=$(each "$exclusive")
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,ro,cache=loose host /host
for folder in dev proc sys; do mount --bind /\$folder /host/\$folder; done
mkdir -p /host/dev/shm
mount -t tmpfs shm /host/dev/shm
ip link set lo up
cp /command /host/dev/shm/command
chroot /host /bin/bash /dev/shm/command >/dev/ttyS1 2>&1
echo \$? >/dev/ttyS2
sync
poweroff -f
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"
# A busy host may starve the emulated clock just when the kernel checks its timer; then it would panic.
timeout "$limit_s" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m "$memory_mb" -display none -no-reboot \
  -serial file:"$work/console" -serial file:"$work/output" -serial file:"$work/status" \
  -kernel "$cache/2/vmlinuz" -initrd "$work/initrd" -append "console=ttyS0 panic=-1 loglevel=3 no_timer_check" \
  -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap </dev/null >&2 || true
tr -d '\r' <"$work/output"
status=$(tr -dc '0-9' <"$work/status")
if [[ -z $status ]]; then
  echo "vcam_vm: the command did not end within $limit_s s; the guest's console said:" >&2
  tail -20 "$work/console" >&2
  exit 124
fi
exit "$status"
