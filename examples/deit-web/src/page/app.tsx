import { Footer } from "./footer.tsx";
import { Header } from "./header.tsx";
import { Look } from "./look/look.tsx";
import { Opening } from "./opening.tsx";
import { announcement } from "./state/announce.ts";
import { problems } from "./state/problems.ts";
import { opened } from "./state/session.ts";
import { TakeAway } from "./take-away/take-away.tsx";
import { Teach } from "./teach/teach.tsx";
import { AskDialog } from "./ui/ask-dialog.tsx";

/** The page. */
export function App() {
  const isOpen = opened.value !== undefined;
  return (
    <>
      <a class="skip" href="#teach">
        To the first part
      </a>
      <Header />
      <main aria-busy={!isOpen && !problems.value.has("open")}>
        {isOpen ? (
          <>
            <Teach />
            <Look />
            <TakeAway />
          </>
        ) : (
          <Opening />
        )}
      </main>
      <Footer />
      <AskDialog />
      <div class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}
