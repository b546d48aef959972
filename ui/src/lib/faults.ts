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
