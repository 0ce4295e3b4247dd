"""News from backends comes in: asked for (poller) or pushed (push). Both end in bot.intake.statuses."""
