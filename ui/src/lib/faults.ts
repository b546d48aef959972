/** What is wrong with a form, by field; `form` is what is wrong with none of them. */
export type Faults<Field extends string> = Partial<Record<Field | "form", string>>;

interface Refused {
  detail: string;
  field?: string | null;
}

/** Puts the words of a refusal at the field that it names, if the form has that one. */
export function faultsOf<Field extends string>(refused: Refused | null, fields: readonly Field[]): Faults<Field> {
  const faults: Faults<Field> = {};
  if (refused) faults[fields.find((field) => field === refused.field) ?? "form"] = refused.detail;
  return faults;
}

/** Characters as the realm counts them: Unicode code points after normalisation, without the space around. */
export const length = (text: string): number => [...text.normalize("NFC").trim()].length;

export const isHandle = (text: string): boolean =>
  /^(?!.*\.\.)(?!\.)[a-z0-9_.]{3,24}$/i.test(text) && !text.endsWith(".") && /[a-z0-9]/i.test(text);
