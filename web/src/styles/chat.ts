/** What the chat page looks like: its font, and its stylesheets in their order. */

import "@fontsource-variable/inter/wght.css";
import "./tokens.css";
import "./base.css";
import "./controls.css";
import "./sign-in.css";
import "./shell.css";
import "./room.css";
import "./message.css";
import "./media.css";
import "./actions.css";
import "./panel.css";
