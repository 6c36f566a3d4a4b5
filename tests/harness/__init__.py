"""What the tests stand on: servers, browser, card service, signed-in clients."""
