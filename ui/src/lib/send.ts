import type { Upload } from "./contract";
import { csrfToken } from "./http";
import { problemFrom, unreachable } from "./problem";

const KNOWN_TYPES = new Set(["video/mp4", "video/quicktime", "video/webm", "video/x-matroska"]);

/**
 * Sends a file as the raw body of one request. XMLHttpRequest, because fetch does not report upload progress.
 *
 * @param onratio called with the part that has left this machine, 0 to 1.
 * @throws ApiProblem when the realm refuses the file or cannot be reached.
 * @throws DOMException named AbortError when `signal` fired.
 */
export function send(file: File, signal: AbortSignal, onratio: (ratio: number) => void): Promise<Upload> {
  const request = new XMLHttpRequest();
  request.open("POST", `/api/uploads?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("content-type", KNOWN_TYPES.has(file.type) ? file.type : "application/octet-stream");
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("x-csrftoken", csrfToken());
  return new Promise((resolve, reject) => {
    const stop = () => request.abort();
    signal.addEventListener("abort", stop, { once: true });
    request.upload.onprogress = ({ loaded, total }) => onratio(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("another file was chosen", "AbortError"));
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Upload);
      else reject(problemFrom(request.status, request.responseText));
    };
    request.onloadend = () => signal.removeEventListener("abort", stop);
    request.send(file);
  });
}
