/* Empty: emlearn's headers include it, and use nothing of it while logging is off. */
