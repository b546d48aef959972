/** Something that was to be checked is not what it claims to be; the message says so in plain words. */
export class Refused extends Error {
  override name = "Refused";
}

/** The entries were removed, and only their hashes are left; whether that was declared is another question. */
export class Pruned extends Refused {}
