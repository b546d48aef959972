import { english, finding, type Finding, type FindingKey } from "./claim";

/** Something that was to be checked is not what it claims to be; the message says so in English. */
export class Refused extends Error {
  override name = "Refused";
  readonly finding: Finding;

  constructor(key: FindingKey, values: Finding["values"] = {}) {
    const found = finding(key, values);
    super(english(found));
    this.finding = found;
  }
}

/** The entries were removed, and only their hashes are left; whether that was declared is another question. */
export class Pruned extends Refused {}
