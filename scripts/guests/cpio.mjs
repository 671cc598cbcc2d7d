/**
 * Writes cpio archives of the "newc" kind, as the kernel unpacks them into its root file system. Device nodes need no
 * root here: they are only bytes. [Linux] Documentation/driver-api/early-userspace/buffer-format.rst
 */
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;

/** Header and data are padded to this many bytes, counted from the start of the archive. */
const ALIGNMENT = 4;

export class CpioWriter {
  #chunks = [];
  #length = 0;
  #inode = 0;

  directory(name, mode = 0o755) {
    this.#entry(name, S_IFDIR | mode, Buffer.alloc(0), 2);
    return this;
  }

  file(name, bytes, mode = 0o644) {
    this.#entry(name, S_IFREG | mode, Buffer.from(bytes), 1);
    return this;
  }

  symlink(name, target) {
    this.#entry(name, S_IFLNK | 0o777, Buffer.from(target, "utf8"), 1);
    return this;
  }

  characterDevice(name, major, minor, mode = 0o600) {
    this.#entry(name, S_IFCHR | mode, Buffer.alloc(0), 1, major, minor);
    return this;
  }

  /** The whole archive, with its trailer. */
  finish() {
    this.#inode = -1; // the trailer has inode 0
    this.#entry("TRAILER!!!", 0, Buffer.alloc(0), 1);
    return Buffer.concat(this.#chunks, this.#length);
  }

  #entry(name, mode, data, links, major = 0, minor = 0) {
    const nameBytes = Buffer.from(`${name}\0`, "utf8");
    const fields = [
      ++this.#inode,
      mode,
      0, // uid
      0, // gid
      links,
      0, // mtime: none, so that the same input gives the same archive
      data.length,
      0, // device of the file itself
      0,
      major,
      minor,
      nameBytes.length,
      0, // check: unused in newc
    ];
    this.#append(
      Buffer.from("070701" + fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0")).join("")),
    );
    this.#append(nameBytes);
    this.#pad();
    this.#append(data);
    this.#pad();
  }

  #append(bytes) {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  #pad() {
    const rest = this.#length % ALIGNMENT;
    if (rest !== 0) this.#append(Buffer.alloc(ALIGNMENT - rest));
  }
}
