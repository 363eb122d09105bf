// Sockets over the API server of the simulation.
import APIServer
