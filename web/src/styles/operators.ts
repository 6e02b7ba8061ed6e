/** What the console looks like: its font, and its stylesheets in their order. */

import "@fontsource-variable/inter/wght.css";
import "./tokens.css";
import "./base.css";
import "./controls.css";
import "./sign-in.css";
import "./console.css";
