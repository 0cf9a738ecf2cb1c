"""The license overlay of the 3D viewport: where each license sits in the scene.

The objects are read in small steps of the timer (:mod:`.collect`, :mod:`.follow`), their lines made there,
too (:mod:`.boxes`); what draws (:mod:`.draw`) looks at nothing of the scene and at no ledger. Nothing of this
package but its state is imported before the overlay is switched on.
"""
