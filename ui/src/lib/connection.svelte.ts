/** Whether the realm can be reached, as far as the last requests tell. */
class Connection {
  isOnline = $state(navigator.onLine);
  isAnswering = $state(true);

  constructor() {
    addEventListener("online", () => (this.isOnline = true));
    addEventListener("offline", () => (this.isOnline = false));
  }

  answered(): void {
    this.isAnswering = true;
  }

  failed(): void {
    this.isAnswering = false;
  }
}

export const connection = new Connection();
