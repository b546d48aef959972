import { session as api } from "./calls";
import type { Account, Join, Realm, Session } from "./contract";
import { t } from "./messages.svelte";
import { notices } from "./notices.svelte";
import { ApiProblem, asProblem } from "./problem";
import { router } from "./router.svelte";
import { links } from "./routes";

/** Before the realm has answered nothing is refused here; the realm refuses it later. */
const UNKNOWN: Realm["limits"] = {
  max_bytes: Infinity,
  min_duration_ms: 0,
  max_duration_ms: Infinity,
  min_short_side: 0,
  max_pixels: Infinity,
};

/** Fewer wrong passwords are one's own slips. */
const WORTH_TELLING = 5;
const BUSY_TRIES = 5;
const BUSY_MS = 1000;

/** Tries again for a few seconds while too many others are signing in. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof ApiProblem && error.code === "accounts.hashing-busy";
      if (!isBusy || tried === BUSY_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
    }
  }
}

/** Who is signed in, and to which realm. */
class CurrentSession {
  account = $state.raw<Account | null>(null);
  realm = $state.raw<Realm>({ name: "", operator: "", limits: UNKNOWN });
  state = $state<"loading" | "ready" | "failed">("loading");
  problem = $state.raw<ApiProblem | null>(null);
  #answered: Promise<void> = Promise.resolve();

  refresh(): Promise<void> {
    this.#answered = this.#ask();
    return this.#answered;
  }

  async signIn(email: string, password: string): Promise<void> {
    const answer = await patiently(() => api.start({ email, password }));
    this.#take(answer);
    if (answer.wrong_sign_ins >= WORTH_TELLING) notices.say(t("sign.wrong-tried", { count: answer.wrong_sign_ins }));
  }

  async signUp(account: Join): Promise<void> {
    this.#take(await patiently(() => api.join(account)));
  }

  async signOut(): Promise<void> {
    await api.end();
    this.account = null;
  }

  renamed(display_name: string): void {
    if (this.account) this.account = { ...this.account, display_name };
  }

  /**
   * True when somebody is signed in; otherwise leads to sign-in and comes back to this page afterwards.
   * Waits while the realm has not said who is here yet: a key may be faster.
   */
  async required(): Promise<boolean> {
    await this.#answered;
    if (this.account) return true;
    router.go(links.signIn(router.path));
    return false;
  }

  async #ask(): Promise<void> {
    this.state = "loading";
    try {
      this.#take(await api.read());
    } catch (error) {
      this.problem = asProblem(error);
      this.state = "failed";
    }
  }

  #take(answer: Session): void {
    this.account = answer.account;
    this.realm = answer.realm;
    this.problem = null;
    this.state = "ready";
  }
}

export const session = new CurrentSession();
