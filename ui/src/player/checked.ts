import Hls, {
  type FragmentLoaderConstructor,
  type FragmentLoaderContext,
  type Loader,
  type LoaderCallbacks,
  type LoaderConfiguration,
} from "hls.js/light";

/** Not an answer of any server: the bytes are not the ones that the playlist named. */
const NOT_THE_NAMED_BYTES = 422;

const NAMED = /\/segments\/([0-9a-f]{64})\.m4s$/;

async function isNamed(url: string, data: ArrayBuffer): Promise<boolean> {
  const name = NAMED.exec(new URL(url, location.href).pathname)?.[1];
  // Without a secure context there is no digest; the decoder is then the only check.
  if (name === undefined || !("subtle" in crypto)) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") === name;
}

const Base = Hls.DefaultConfig.loader as unknown as new (config: object) => Loader<FragmentLoaderContext>;

/**
 * Loads a segment and refuses it unless its SHA-256 is its name.
 *
 * AES-128-CBC has no integrity: a flipped bit would reach the decoder and stop playback without an error. With this
 * whoever carries the segments needs no trust.
 */
class CheckedLoader extends Base {
  #isStopped = false;

  override load(
    context: FragmentLoaderContext,
    config: LoaderConfiguration,
    callbacks: LoaderCallbacks<FragmentLoaderContext>,
  ): void {
    super.load(context, config, {
      ...callbacks,
      onSuccess: (answer, stats, loaded, details) => {
        if (!(answer.data instanceof ArrayBuffer)) return callbacks.onSuccess(answer, stats, loaded, details);
        void isNamed(context.url, answer.data).then((is) => {
          if (this.#isStopped) return;
          if (is) callbacks.onSuccess(answer, stats, loaded, details);
          else callbacks.onError({ code: NOT_THE_NAMED_BYTES, text: "not the named bytes" }, loaded, details, stats);
        });
      },
    });
  }

  override abort(): void {
    this.#isStopped = true;
    super.abort();
  }

  override destroy(): void {
    this.#isStopped = true;
    super.destroy();
  }
}

export const checkedLoader = CheckedLoader as unknown as FragmentLoaderConstructor;
